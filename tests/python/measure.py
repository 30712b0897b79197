"""Runs one command to its end and prints its seconds and its peak memory in KiB.

`cargo xtask bench` measures both sides with it, so that both are treated alike. The peak includes
what this interpreter itself held while it started the command: about 10 MiB.
"""

import os
import sys
import time


def main() -> int:
    command = sys.argv[1:]
    quiet = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    begin = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[quiet])
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - begin
    if status != 0:
        print(f"{command} ended with {os.waitstatus_to_exitcode(status)}", file=sys.stderr)
        return 1
    # macOS counts bytes, Linux KiB.
    kib = usage.ru_maxrss // 1024 if sys.platform == "darwin" else usage.ru_maxrss
    print(f"{seconds:.6f} {kib}")
    return 0


sys.exit(main())
