package io.apexstore.server.rest.key;

import io.apexstore.CachedRead;
import io.apexstore.Keyspace;
import io.apexstore.VersionedValue;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.context.AnswerPump;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /keys/get}: reads up to 10,000 keys, also keys that no path can name. A key in the
 * body is a string or {@code {"key_base64": …}}. Each key is read by itself; the answer is not a
 * snapshot of one version. It has at most 64 MiB, which are reserved from the answer budget as it
 * is built.
 */
public final class MultiGetRoute implements Endpoint.Group {
  private static final int KEYS_MAX = 10_000;

  /** The most bytes of keys and values that are answered at once instead of piece by piece. */
  private static final long SHORT_BYTES_MAX = 16 << 10;

  /** The most keys that an event loop reads in one go. */
  private static final int LOOP_KEYS_MAX = 100;

  private final RestContext context;
  private final KeyPath path;

  /** Creates the route. */
  public MultiGetRoute(RestContext context, KeyPath path) {
    this.context = context;
    this.path = path;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.POST, path.base() + "/get", Operation.GET_MANY, this::getMany));
  }

  private void getMany(Exchange exchange) {
    Keyspace keyspace = path.keyspace(exchange);
    exchange.answer(
        exchange
            .jsonBody(context.limits().jsonBytesMax())
            .compose(body -> context.parse(body, () -> keys(body))),
        keys -> answer(exchange, keyspace, keys));
  }

  private static List<byte[]> keys(byte[] body) {
    List<byte[]> keys = new ArrayList<>();
    boolean[] found = new boolean[1];
    JsonInput.read(
        body,
        0,
        body.length,
        input ->
            input.object(
                "",
                member -> {
                  if (!member.equals("keys")) {
                    throw EntryReader.unknownMember(member);
                  }
                  found[0] = true;
                  input.array("keys", () -> keys.add(key(input, keys.size())));
                }));
    if (!found[0]) {
      throw new JsonException("keys is missing");
    }
    return keys;
  }

  private static byte[] key(JsonInput input, int index) {
    if (index == KEYS_MAX) {
      throw new JsonException("keys has more than " + KEYS_MAX + " keys");
    }
    if (input.isString()) {
      return EntryReader.checkKey(input.utf8("each key"));
    }
    EntryReader entry = new EntryReader();
    input.object(
        "each key",
        member -> {
          if (!entry.read(member, input) || entry.hasValue()) {
            throw EntryReader.unknownMember(member);
          }
        });
    return entry.key();
  }

  private void answer(Exchange exchange, Keyspace keyspace, List<byte[]> keys) {
    List<@Nullable VersionedValue> cached = readCached(keyspace, keys);
    if (cached == null) {
      new AnswerPump(context, exchange, Exchange.JSON, new MultiGetPieces(keyspace, keys)).start();
      return;
    }
    JsonOutput out = new JsonOutput(keys.size() * 128);
    out.beginObject().name("entries").beginArray();
    for (int i = 0; i < keys.size(); i++) {
      VersionedValue found = cached.get(i);
      if (found != null) {
        EntryJson.write(out, keys.get(i), found);
      }
    }
    out.endArray().name("missing").beginArray();
    for (int i = 0; i < keys.size(); i++) {
      if (cached.get(i) == null) {
        out.beginObject().bytes("key", keys.get(i)).endObject();
      }
    }
    exchange.sendJson(200, out.endArray().endObject());
  }

  /**
   * Returns the values of few keys in memory, or null if a key needs the disk, or if the keys or
   * values are too many to be answered at once.
   */
  private static @Nullable List<@Nullable VersionedValue> readCached(
      Keyspace keyspace, List<byte[]> keys) {
    if (keys.size() > LOOP_KEYS_MAX) {
      return null;
    }
    List<@Nullable VersionedValue> values = new ArrayList<>(keys.size());
    long bytes = 0;
    for (byte[] key : keys) {
      bytes += key.length;
      if (bytes > SHORT_BYTES_MAX) {
        return null;
      }
      switch (keyspace.getCached(key, (int) (SHORT_BYTES_MAX - bytes))) {
        case CachedRead.Found found -> {
          values.add(found.value());
          bytes += found.value().value().length;
        }
        case CachedRead.Absent absent -> values.add(null);
        case CachedRead.NeedsDisk disk -> {
          return null;
        }
      }
    }
    return values;
  }
}
