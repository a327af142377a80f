"""Download photographs from public mirrors, or from Kaggle with an account."""
