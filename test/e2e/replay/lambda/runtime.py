"""Runs a Lambda function once: runtime.py CODE STUBS EVENT RESPONSE SCALE."""
import importlib
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback


def die_with_parent():
    """Standard input ends when the bench does, in whatever way. Then kubectl
    and helm must end too, and they are in this process group."""
    pipe = os.dup(0)
    os.set_inheritable(pipe, False)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)

    def wait():
        os.read(pipe, 1)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def run_clock(scale):
    """Lets the function's clock run faster, so that tests need not wait."""
    now, sleep = time.time, time.sleep
    start = now()
    time.time = lambda: start + (now() - start) / scale
    time.sleep = lambda seconds: sleep(seconds * scale)


def main(code, stubs, event, response, scale):
    die_with_parent()
    if float(scale) != 1:
        run_clock(float(scale))
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    sys.path[:0] = [code, stubs]
    with open(event) as f:
        event = json.load(f)
    try:
        answer = {"result": importlib.import_module("index").handler(event, None)}
        text = json.dumps(answer)
    except Exception as e:  # the words of Lambda's own runtime
        traceback.print_exc()
        text = json.dumps({"errorMessage": str(e), "errorType": type(e).__name__})
    with open(response + ".part", "w") as f:
        f.write(text)
    os.rename(response + ".part", response)


main(*sys.argv[1:])
