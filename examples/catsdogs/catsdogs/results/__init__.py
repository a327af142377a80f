"""How good a model is, how sure that is, and the files and pages that say so."""
