"""The texts of labcoat that tests expect, a module for each package."""
