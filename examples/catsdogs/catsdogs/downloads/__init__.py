"""Where photographs come from: public mirrors, and Kaggle with an account."""
