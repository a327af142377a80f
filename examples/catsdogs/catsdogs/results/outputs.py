"""Names of the files that a run writes into its build folder."""

MODEL, CURVES, SPLIT, RESULT = "model.keras", "curves.png", "split.csv", "result.json"
ASIDE, ALIKE, HEAD = "set-aside.csv", "alike.csv", "head.npy"
PREDICTIONS, TEST_PREDICTIONS = "predictions.csv", "test-predictions.csv"
MOUNTS = "mounts.txt"  # paths of the data and weights, which make mounts in a container
PREDICTED = "predicted.csv"  # of the files that the user asked for
REPORT, SUBMISSION = "report.html", "submission.csv"
EXPORTED = ("model.onnx", "model.tflite")
# What training makes, and what is made of the model later. All of them are in the model's folder,
# and linked in the build folder.
MADE = (MODEL, CURVES, SPLIT, RESULT, HEAD, PREDICTIONS, TEST_PREDICTIONS, MOUNTS)
DERIVED = (REPORT, SUBMISSION, *EXPORTED)
