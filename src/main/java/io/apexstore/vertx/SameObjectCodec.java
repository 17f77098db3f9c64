package io.apexstore.vertx;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;

/**
 * Hands an object over the event bus as it is. For immutable objects only, and only within one
 * process: sending one further fails.
 */
final class SameObjectCodec<T> implements MessageCodec<T, T> {
  private final String name;

  SameObjectCodec(String name) {
    this.name = name;
  }

  @Override
  public void encodeToWire(Buffer buffer, T object) {
    throw new UnsupportedOperationException(name + " stays within this process");
  }

  @Override
  public T decodeFromWire(int position, Buffer buffer) {
    throw new UnsupportedOperationException(name + " stays within this process");
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
    return -1; // a codec of the user's
  }
}
