"""Networks in the Open Neural Network Exchange format. Its package is loaded only when a file is read or written."""
