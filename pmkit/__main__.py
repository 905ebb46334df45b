"""`python -m pmkit` is the command `pmkit`."""

from pmkit.cli import main

if __name__ == "__main__":
    main(prog_name="pmkit")
