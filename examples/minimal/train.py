"""Train a classifier of handwritten digits, and print its accuracy on digits it has not seen."""

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pixels, digits = load_digits(return_X_y=True)  # 1,797 images of 8 × 8 pixels; part of the library
train_pixels, test_pixels, train_digits, test_digits = train_test_split(
    pixels, digits, test_size=0.25, random_state=0, stratify=digits
)

model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
model.fit(train_pixels, train_digits)

accuracy = accuracy_score(test_digits, model.predict(test_pixels))
print(f"accuracy {accuracy:.4f} on {len(test_digits)} digits")
