"""The other side of `mqtt-thing pub` and `mqtt-thing sub`: a client of paho-mqtt 2.x.

    peer.py PORT none
    peer.py PORT 3|5 pub TOPIC QOS HEX
    peer.py PORT 3|5 sub FILTER QOS COUNT      prints TOPIC QOS HEX
"""

import sys

import paho.mqtt.client as mqtt

PORT = int(sys.argv[1])
VERSIONS = {"3": mqtt.MQTTv311, "5": mqtt.MQTTv5}


def connected(version):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=VERSIONS[version])
    client.connect("127.0.0.1", PORT)
    return client


def publish(client, topic, qos, payload):
    client.loop_start()
    client.publish(topic, bytes.fromhex(payload), int(qos)).wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


def subscribe(client, topic_filter, qos, count):
    left = int(count)

    def on_message(client, _userdata, message):
        nonlocal left
        print(message.topic, message.qos, message.payload.hex())
        left -= 1
        if left == 0:
            client.disconnect()

    client.on_message = on_message
    client.subscribe(topic_filter, int(qos))
    client.loop_forever()


if sys.argv[2] != "none":
    version, role, *rest = sys.argv[2:]
    {"pub": publish, "sub": subscribe}[role](connected(version), *rest)
