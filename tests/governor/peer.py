"""The governor's three roles, as the wire contract (section 4) describes the Python programs that users have.

    peer.py sut HOST PORT CLIENT_ID
    peer.py operator HOST PORT json|text WAIT_S PAUSE_S COMMAND...     each command to each client, then it waits
    peer.py commander HOST PORT                                        asks as the original does

Written for the tests from the contract; it has the original's manners (a command is sent once, QoS 0, no ids) and
none of its own ideas. Every packet that it receives is printed as a line `topic<TAB>payload as JSON text`.
"""
import json
import subprocess
import sys
import threading
import time

import paho.mqtt.client as mqtt

REGISTRATION = "clients/registration"
ACKNOWLEDGMENT = "clients/acknowledgment"
COMMANDS = "system_performance/commands"
RESPONSES = "system_performance/responses"
LOADER = "system_performance/command_loader"


def client(host, port, topics, on_message):
    """A connected client, subscribed at QoS 0, that prints what it receives."""
    ready = threading.Event()
    it = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)

    def connected(it, *_):
        it.subscribe([(topic, 0) for topic in topics])

    def message(it, _, message):
        print(message.topic, json.dumps(message.payload.decode("utf-8", "surrogateescape")), sep="\t", flush=True)
        on_message(message)

    it.on_connect = connected
    it.on_subscribe = lambda *_: ready.set()
    it.on_message = message
    it.connect(host, port, keepalive=60)
    it.loop_start()
    ready.wait(30)
    print("ready", flush=True)
    return it


def sut(host, port, name):
    """Registers until it is acknowledged, and runs every command that is for it with a shell."""
    acknowledged = threading.Event()
    queue = []
    news = threading.Condition()

    def message(message):
        if message.topic == ACKNOWLEDGMENT:
            if message.payload.decode() == name:
                acknowledged.set()
            return
        text = message.payload.decode()
        is_json = text.startswith("{")
        if is_json:
            command = json.loads(text)
            to, line = command["client_id"], command["command"]
        else:
            to, line = text.split("|", 1)
        if to == name:
            with news:
                queue.append((line, is_json))
                news.notify()

    it = client(host, port, [COMMANDS, ACKNOWLEDGMENT], message)

    def register():
        time.sleep(0.5)
        while not acknowledged.is_set():
            it.publish(REGISTRATION, name)
            acknowledged.wait(5)

    threading.Thread(target=register, daemon=True).start()
    while True:
        with news:
            while not queue:
                news.wait()
            line, is_json = queue.pop(0)
        start = time.time()
        done = subprocess.run(line, shell=True, capture_output=True, text=True)
        end = time.time()
        error = done.stderr if done.stderr else "None"
        if is_json:
            feedback = {"client_id": name, "command": line, "start_time": str(start), "end_time": str(end),
                        "output": done.stdout, "error": error}
            it.publish(RESPONSES, json.dumps(feedback))
        else:
            it.publish(RESPONSES, f"Client: {name}\nCommand: {line}\nStart Time: {start}\nEnd Time: {end}\n"
                                  f"Output: {done.stdout}\nError: {error}")


def operator(host, port, form, wait, pause, commands):
    """Acknowledges, waits, then sends each command to each client with a pause between, and stays to listen."""
    clients = []
    first = threading.Event()

    def message(message):
        if message.topic == REGISTRATION:
            it.publish(ACKNOWLEDGMENT, message.payload)
            name = message.payload.decode()
            if name not in clients:
                clients.append(name)
            first.set()
        elif message.topic == LOADER:
            text = message.payload.decode()
            to = json.loads(text)["client_id"] if text.startswith("{") else text.split("|", 1)[0]
            line = json.loads(text)["command"] if text.startswith("{") else text.split("|", 1)[1]
            for name in clients if to.lower() == "all" else [to]:
                send(name, line)

    def send(name, line):
        payload = json.dumps({"client_id": name, "command": line}) if form == "json" else f"{name}|{line}"
        it.publish(COMMANDS, payload)

    it = client(host, port, [REGISTRATION, RESPONSES, LOADER], message)
    first.wait()
    time.sleep(wait)
    for line in commands:
        for name in list(clients):
            send(name, line)
            time.sleep(pause)
    threading.Event().wait()


def commander(host, port):
    """Asks for a client and a command, and sends it to the loader."""
    it = client(host, port, [RESPONSES], lambda _: None)
    while True:
        name = input("Enter the client ID ")
        line = input("Enter the command to send: ")
        it.publish(LOADER, json.dumps({"client_id": name, "command": line}))


def main():
    role, host, port, *rest = sys.argv[1:]
    if role == "sut":
        sut(host, int(port), rest[0])
    elif role == "operator":
        operator(host, int(port), rest[0], float(rest[1]), float(rest[2]), rest[3:])
    else:
        commander(host, int(port))


main()
