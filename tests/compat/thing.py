"""A thing as the original Python program was measured to be, driven by lines on standard input.

Our own code, after the contract: a sensor is published at QoS 0, not retained, as Python's `str()` of the value; an
actuator subscribes to the *sensor's* topic and is on when the payload is `True`; no will, no status, no set. A clock
is `strftime` of local time.

    python3 thing.py ID PORT [--follow TOPIC]...

Understood are `press`, `release`, `clock`. Printed are `connected`, `led True|False PAYLOAD` and, for a topic that
ends in a clock, `clock SECONDS PAYLOAD` with its distance from this program's local time.
"""

import argparse
import datetime
import sys

import paho.mqtt.client as mqtt

FORMAT = "%Y-%m-%d %H:%M:%S"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("id")
    parser.add_argument("port", type=int)
    parser.add_argument("--follow", action="append", default=[])
    arguments = parser.parse_args()

    def say(*words):
        print(*words, flush=True)

    def on_connect(client, _data, _flags, _reason, _properties):
        for topic in arguments.follow:
            client.subscribe(topic)

    def on_subscribe(_client, _data, _mid, _reasons, _properties):
        say("subscribed")

    def on_message(_client, _data, message):
        payload = message.payload.decode()
        if message.topic.rsplit("/", 1)[1].startswith("clock"):
            told = datetime.datetime.strptime(payload, FORMAT)
            assert told.strftime(FORMAT) == payload
            say("clock", int(abs((datetime.datetime.now() - told).total_seconds())), payload)
        else:
            say("led", payload == "True", payload)

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=arguments.id)
    client.on_connect, client.on_subscribe, client.on_message = on_connect, on_subscribe, on_message
    client.connect("127.0.0.1", arguments.port)
    client.loop_start()
    for line in sys.stdin:
        match line.strip():
            case "press":
                client.publish(f"{arguments.id}/sensors/button0", str(True))
            case "release":
                client.publish(f"{arguments.id}/sensors/button0", str(False))
            case "clock":
                client.publish(f"{arguments.id}/stuff/clock0", datetime.datetime.now().strftime(FORMAT))


if __name__ == "__main__":
    main()
