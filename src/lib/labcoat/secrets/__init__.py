"""What a secret is: one look, for the check, the hook, the guard, the fixes and the audit."""
