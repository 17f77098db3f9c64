package io.apexstore.vertx;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/**
 * A codec that passes an object over the event bus without copying it. It is for objects that the
 * sender does not change afterwards, and only within one process: encoding for another one fails.
 */
final class SameObjectCodec<T> implements MessageCodec<T, T> {
  private final String name;

  SameObjectCodec(String name) {
    this.name = name;
  }

  @Override
  public void encodeToWire(Buffer buffer, T object) {
    throw new UnsupportedOperationException(name + " cannot leave this process");
  }

  @Override
  public T decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException(name + " cannot leave this process");
  }

  @Override
  public T transform(T object) {
    return object;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public byte systemCodecID() {
    return -1; // as Vert.x requires of a codec that is not its own
  }
}
