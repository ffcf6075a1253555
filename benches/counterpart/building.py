"""What `mqtt-thing building` is measured against: plain Python with paho-mqtt 2.x.

Our own code, after the courses' task: sensors of a building that say a random value at random times as JSON, and a
program that hears them all and prints a line where a value crosses a threshold. A thread per sensor, which is the usual
first answer, does not come to ten thousand; one thread with a heap of who is next does, which is the kinder choice.

    python3 building.py simulate --port 1883 --floors 25 --rooms 25 --every 5 15
    python3 building.py alarm --port 1883
"""

import argparse
import datetime
import heapq
import json
import random
import threading
import time

import paho.mqtt.client as mqtt

WINGS = ["N", "S", "E", "O"]
KINDS = {"TEMP": (22.0, 2.5, "C"), "HUM": (45.0, 8.0, "%"), "LUX": (400.0, 120.0, "lx"), "VIBR": (0.5, 0.6, "mm/s")}
#: Messages on their way, beyond which a simulator that knows no pause waits.
ENOUGH = 2000


def connected(port, topics=(), on_message=None):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.max_queued_messages_set(0)
    ready = threading.Event()

    def on_connect(client, *_):
        if topics:
            client.subscribe([(topic, 1) for topic in topics])
        else:
            ready.set()

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = on_message
    client.connect("127.0.0.1", port, keepalive=60)
    client.loop_start()
    ready.wait()
    return client


def simulate(arguments):
    client = connected(arguments.port)
    least, most = arguments.every
    values, due, last = {}, [], None
    for floor in range(arguments.floors):
        for wing in WINGS:
            for room in range(arguments.rooms):
                for kind in KINDS:
                    topic = f"house/P_{floor}/{wing}/{room}/{kind}"
                    values[topic] = KINDS[kind][0]
                    heapq.heappush(due, (time.monotonic() + random.uniform(0, most), topic))
    print("speaking", flush=True)
    count = 0
    while True:
        at, topic = heapq.heappop(due)
        wait = at - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        mean, step, unit = KINDS[topic.rsplit("/", 1)[1]]
        values[topic] += (mean - values[topic]) * 0.1 + random.uniform(-step, step)
        reading = {
            "value": round(values[topic], 1),
            "unit": unit,
            "time": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        }
        last = client.publish(topic, json.dumps(reading))
        count += 1
        if most == 0 and count % ENOUGH == 0:
            last.wait_for_publish()
        heapq.heappush(due, (time.monotonic() + random.uniform(least, most), topic))


ABOVE = {"TEMP": 30, "HUM": 70, "LUX": 800, "VIBR": 2.5}


def alarm(arguments):
    beyond = {}

    def heard(client, _data, message):
        building, floor, wing, room, kind = message.topic.split("/")
        value = json.loads(message.payload)["value"]
        is_beyond = value > ABOVE[kind]
        if beyond.get(message.topic, False) != is_beyond:
            print(building, floor, wing, room, kind, value, flush=True)
            topic = f"{building}/alarms/{floor}/{wing}/{room}/{kind}"
            client.publish(topic, json.dumps({"value": value}) if is_beyond else "", qos=1, retain=True)
        beyond[message.topic] = is_beyond

    connected(arguments.port, ["+/+/+/+/+"], heard)
    print("watching", flush=True)
    threading.Event().wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["simulate", "alarm"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--floors", type=int, default=25)
    parser.add_argument("--rooms", type=int, default=25)
    parser.add_argument("--every", type=float, nargs=2, default=[5, 15])
    arguments = parser.parse_args()
    {"simulate": simulate, "alarm": alarm}[arguments.role](arguments)


main()
