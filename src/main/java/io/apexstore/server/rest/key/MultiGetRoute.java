package io.apexstore.server.rest.key;

import io.apexstore.CachedRead;
import io.apexstore.Keyspace;
import io.apexstore.VersionedValue;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.RestContext;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /keys/get}: many keys at once, also those that no path can name. A key is a text or
 * {@code {"key_base64": …}}. Each is read by itself, not all as of one version.
 */
public final class MultiGetRoute implements Endpoint.Group {
  private static final int KEYS_MAX = 10_000;
  private static final int ANSWER_BYTES_MAX = 64 << 20;

  /** More than this is too much for an event loop at a stretch. */
  private static final int LOOP_KEYS_MAX = 100;

  private final RestContext context;
  private final KeyPath place;

  public MultiGetRoute(RestContext context, KeyPath place) {
    this.context = context;
    this.place = place;
  }

  @Override
  public List<Endpoint> endpoints() {
    return List.of(
        new Endpoint(HttpMethod.POST, place.base() + "/get", Operation.GET_MANY, this::handle));
  }

  private void handle(Exchange exchange) {
    Keyspace keyspace = place.keyspace(exchange);
    exchange
        .jsonBody(context.limits().jsonBytesMax())
        .compose(
            body -> {
              if (body.length > RestContext.LOOP_BYTES_MAX) {
                return context.host().io().run(() -> answer(keysOf(body), keyspace::getVersioned));
              }
              List<byte[]> keys = keysOf(body);
              Buffer cached = answerFromCache(keyspace, keys);
              return cached != null
                  ? Future.succeededFuture(cached)
                  : context.host().io().run(() -> answer(keys, keyspace::getVersioned));
            })
        .onComplete(
            (answer, failure) -> {
              if (failure != null) {
                exchange.fail(failure);
              } else {
                exchange.send(200, Exchange.JSON, answer);
              }
            });
  }

  private static List<byte[]> keysOf(byte[] body) {
    List<byte[]> keys = new ArrayList<>();
    JsonInput.read(body, 0, body.length, input -> read(input, keys));
    return keys;
  }

  private static void read(JsonInput input, List<byte[]> keys) {
    boolean[] found = new boolean[1];
    input.object(
        "",
        member -> {
          if (!member.equals("keys")) {
            throw EntryReader.unknown(member);
          }
          found[0] = true;
          input.array("keys", () -> keys.add(readKey(input, keys.size())));
        });
    if (!found[0]) {
      throw new JsonException("keys is missing");
    }
  }

  private static byte[] readKey(JsonInput input, int before) {
    if (before == KEYS_MAX) {
      throw new JsonException("more than " + KEYS_MAX + " keys");
    }
    if (input.isString()) {
      byte[] key = input.utf8("each key");
      EntryReader.checkKey(key);
      return key;
    }
    EntryReader entry = new EntryReader();
    input.object(
        "each key",
        member -> {
          if (!entry.take(member, input) || entry.hasValue()) {
            throw EntryReader.unknown(member);
          }
        });
    return entry.key();
  }

  /** Returns the answer if none of the keys needs the disk, else null. */
  private static @Nullable Buffer answerFromCache(Keyspace keyspace, List<byte[]> keys) {
    if (keys.size() > LOOP_KEYS_MAX) {
      return null;
    }
    List<@Nullable VersionedValue> values = new ArrayList<>(keys.size());
    long bytes = 0;
    for (byte[] key : keys) {
      switch (keyspace.getCached(key)) {
        case CachedRead.Found found -> {
          values.add(found.value());
          bytes += found.value().value().length;
        }
        case CachedRead.Absent absent -> values.add(null);
        case CachedRead.NeedsDisk disk -> {
          return null;
        }
      }
      if (bytes > RestContext.LOOP_BYTES_MAX) {
        return null;
      }
    }
    int[] next = new int[1];
    return answer(keys, key -> values.get(next[0]++));
  }

  private interface Reader {
    @Nullable VersionedValue read(byte[] key);
  }

  private static Buffer answer(List<byte[]> keys, Reader reader) {
    JsonOutput out = new JsonOutput(64 * keys.size() + 64).beginObject();
    List<byte[]> missing = new ArrayList<>();
    out.name("entries").beginArray();
    for (byte[] key : keys) {
      VersionedValue found = reader.read(key);
      if (found == null) {
        missing.add(key);
      } else {
        out.beginObject().bytes("key", key).bytes("value", found.value());
        out.name("version").number(found.version());
        if (found.expiresMs() != 0) {
          out.name("expires_at_ms").number(found.expiresMs());
        }
        out.endObject();
      }
      if (out.length() > ANSWER_BYTES_MAX) {
        throw Problem.of(
                Problem.Kind.PAYLOAD_TOO_LARGE,
                "the answer would have more than "
                    + ANSWER_BYTES_MAX
                    + " bytes; ask for fewer keys")
            .exception();
      }
    }
    out.endArray().name("missing").beginArray();
    for (byte[] key : missing) {
      out.beginObject().bytes("key", key).endObject();
    }
    return out.endArray().endObject().toBuffer();
  }
}
