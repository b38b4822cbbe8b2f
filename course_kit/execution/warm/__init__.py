"""A process that holds libraries ready and forks Jupyter kernels; used by way of the kernel provisioner."""
