"""The rules, one module for each family; `hygiene.catalogue` lists them."""
