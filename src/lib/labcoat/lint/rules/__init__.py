"""The rules, one module per family; a module's name begins with the family."""
