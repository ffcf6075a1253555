"""What the governor's roles of `mqtt-thing` are measured against: plain Python with paho-mqtt 2.x.

Our own code, after the contract (topics and payloads of the original Python programs) and after what was measured of
them: a SUT gives each command to a shell, one at a time, reads all of its output as text and sends it as one JSON
message; an operator waits for registrations in a loop that hardly sleeps (it was seen to take most of a core), sends
each command to each client with a second between, and never looks at an answer.

    python3 governor.py sut --id c1 --port 1883
    python3 governor.py operator --port 1883 --wait 5 --pause 1 true 'echo a'
"""

import argparse
import json
import queue
import subprocess
import threading
import time

import paho.mqtt.client as mqtt

REGISTRATION = "clients/registration"
ACKNOWLEDGMENT = "clients/acknowledgment"
COMMANDS = "system_performance/commands"
RESPONSES = "system_performance/responses"


def connected(port, topics, on_message):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    ready = threading.Event()
    client.on_connect = lambda client, *_: client.subscribe([(topic, 0) for topic in topics])
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = on_message
    client.connect("127.0.0.1", port, keepalive=60)
    client.loop_start()
    ready.wait()
    return client


def sut(arguments):
    commands = queue.Queue()
    acknowledged = threading.Event()

    def received(_client, _data, message):
        if message.topic == ACKNOWLEDGMENT:
            if message.payload.decode() == arguments.id:
                acknowledged.set()
            return
        command = json.loads(message.payload.decode())
        if command["client_id"] == arguments.id:
            commands.put(command["command"])

    client = connected(arguments.port, [COMMANDS, ACKNOWLEDGMENT], received)

    def register():
        time.sleep(0.5)
        while not acknowledged.is_set():
            client.publish(REGISTRATION, arguments.id)
            acknowledged.wait(5)

    threading.Thread(target=register, daemon=True).start()
    while True:
        command = commands.get()
        start = time.time()
        done = subprocess.run(command, shell=True, capture_output=True, text=True)
        end = time.time()
        client.publish(RESPONSES, json.dumps({
            "client_id": arguments.id,
            "command": command,
            "start_time": str(start),
            "end_time": str(end),
            "output": done.stdout,
            "error": done.stderr if done.stderr else "None",
        }))


def operator(arguments):
    clients = []

    def received(client, _data, message):
        if message.topic == REGISTRATION:
            client.publish(ACKNOWLEDGMENT, message.payload)
            name = message.payload.decode()
            if name not in clients:
                clients.append(name)

    client = connected(arguments.port, [REGISTRATION, RESPONSES], received)
    while not clients:
        time.sleep(0)
    first = time.time()
    while time.time() - first < arguments.wait:
        time.sleep(0)
    for command in arguments.commands:
        for name in clients:
            client.publish(COMMANDS, json.dumps({"client_id": name, "command": command}))
            time.sleep(arguments.pause)
    client.loop_stop()


def main():
    parser = argparse.ArgumentParser()
    roles = parser.add_subparsers(required=True)
    role = roles.add_parser("sut")
    role.add_argument("--id", required=True)
    role.add_argument("--port", type=int, required=True)
    role.set_defaults(play=sut)
    role = roles.add_parser("operator")
    role.add_argument("--port", type=int, required=True)
    role.add_argument("--wait", type=float, default=5)
    role.add_argument("--pause", type=float, default=1)
    role.add_argument("commands", nargs="*")
    role.set_defaults(play=operator)
    arguments = parser.parse_args()
    arguments.play(arguments)


if __name__ == "__main__":
    main()
