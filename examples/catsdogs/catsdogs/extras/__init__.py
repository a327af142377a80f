"""What a first reading can skip: a Ray cluster, other forms of the model, and Kaggle's answer
sheet.
"""
