"""What `mqtt-thing` is measured against: a thing in plain Python with paho-mqtt 2.x.

Our own code, after the contract (topics and payloads of the original Python programs) and after what was measured of
them: a button is asked in a loop that sleeps for 100 ms and calls a library that sleeps, too, so that a sample takes
some 163 ms. That is the pace at which 1 - 20/163 = 88 % of the presses of 20 ms and 1 - 100/163 = 39 % of those of
100 ms fall between two samples, as they did on the original. It sleeps *after* it has the reply, which is the kinder
place: an edge is published as soon as it was read.

    python3 thing.py --id 10.0.0.1 --port 1883 --button 3
    python3 thing.py --id 10.0.0.2 --port 1883 --led 4 --follow 10.0.0.1/sensors/button0
"""

import argparse
import fcntl
import os
import time

import paho.mqtt.client as mqtt

I2C_SLAVE = 0x0703
ADDRESS = 0x04
NOT_READY = 0x17

LOOP_PAUSE_S = 0.100
LIBRARY_PAUSE_S = 0.061


class Board:
    """The GrovePi on /dev/i2c-1: a plain write of four bytes, then a plain read."""

    def __init__(self):
        self.bus = os.open("/dev/i2c-1", os.O_RDWR)
        fcntl.ioctl(self.bus, I2C_SLAVE, ADDRESS)

    def command(self, command, first, second, reply_length):
        os.write(self.bus, bytes([command, first, second, 0]))
        time.sleep(0.0002)
        reply = os.read(self.bus, reply_length)
        while reply[0] == NOT_READY:
            time.sleep(0.0002)
            reply = os.read(self.bus, reply_length)
        return reply

    def set_mode(self, pin, output):
        self.command(5, pin, int(output), 1)

    def read_level(self, pin):
        return self.command(1, pin, 0, 2)[1] == 1

    def write_level(self, pin, high):
        self.command(2, pin, int(high), 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--id", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--button", type=int)
    parser.add_argument("--led", type=int)
    parser.add_argument("--follow")
    arguments = parser.parse_args()

    board = Board()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=arguments.id)

    if arguments.led is not None:
        board.set_mode(arguments.led, output=True)

        def connected(client, _data, _flags, _reason, _properties):
            client.subscribe(arguments.follow)

        def received(_client, _data, message):
            board.write_level(arguments.led, message.payload == b"True")

        client.on_connect = connected
        client.on_message = received

    client.connect("127.0.0.1", arguments.port, keepalive=60)
    if arguments.button is None:
        client.loop_forever()
        return

    client.loop_start()
    board.set_mode(arguments.button, output=False)
    topic = f"{arguments.id}/sensors/button0"
    last = None
    while True:
        level = board.read_level(arguments.button)
        if level != last:
            client.publish(topic, str(level))
            last = level
        time.sleep(LIBRARY_PAUSE_S)
        time.sleep(LOOP_PAUSE_S)


if __name__ == "__main__":
    main()
