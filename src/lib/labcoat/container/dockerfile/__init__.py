"""Read Dockerfiles: parse, expand variables, follow COPY and ADD."""
