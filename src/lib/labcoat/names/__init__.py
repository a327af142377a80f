"""Names of packages: which one provides a module, and what conda calls one."""
