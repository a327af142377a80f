"""Optional parts, to skip on a first reading: a Ray cluster, model export, Kaggle's submission."""
