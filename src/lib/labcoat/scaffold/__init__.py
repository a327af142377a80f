"""What labcoat writes into a project for its owner to keep."""
