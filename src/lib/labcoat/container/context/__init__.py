"""The build context: which files a build sends, which of them reach the image."""
