"""Read what a repository asks for, and decide what labcoat takes of it."""
