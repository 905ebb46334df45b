"""What people edit in JupyterLab: each widget shows one table of the workspace and saves every change."""
