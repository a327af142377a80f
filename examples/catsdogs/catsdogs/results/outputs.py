"""Names of the files that a run writes into its build folder."""

MODEL, CURVES, SPLIT, RESULT = "model.keras", "curves.png", "split.csv", "result.json"
ASIDE, ALIKE, HEAD = "set-aside.csv", "alike.csv", "head.npy"
PREDICTIONS, TEST_PREDICTIONS = "predictions.csv", "test-predictions.csv"
