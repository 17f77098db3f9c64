package io.apexstore.server.rest.key;

import io.apexstore.CachedRead;
import io.apexstore.Keyspace;
import io.apexstore.VersionedValue;
import io.apexstore.server.http.AnswerBudget;
import io.apexstore.server.http.Endpoint;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.operation.Operation;
import io.apexstore.server.rest.body.BudgetedBody;
import io.apexstore.server.rest.body.BudgetedOutput;
import io.apexstore.server.rest.body.EntryJson;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.context.KeyPath;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.server.rest.context.RestLimits;
import io.vertx.core.Future;
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
  private static final int ANSWER_BYTES_MAX = 64 << 20;

  /** Upper bound on the JSON of a missing key besides the key. */
  private static final int MISSING_BYTES = 32;

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
            .compose(body -> context.parse(body, () -> keys(body)))
            .compose(keys -> read(keyspace, keys, new BudgetedOutput(exchange.answers()))),
        answer -> answer.send(exchange, Exchange.JSON));
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

  private Future<BudgetedBody> read(Keyspace keyspace, List<byte[]> keys, BudgetedOutput out) {
    List<@Nullable VersionedValue> cached = readCached(keyspace, keys);
    if (cached == null) {
      return context.io().run(() -> answer(out, keys, i -> keyspace.getVersioned(keys.get(i))));
    }
    try {
      return Future.succeededFuture(answer(out, keys, cached::get));
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  /**
   * Returns the values of few keys in memory, or null if a key needs the disk, or if the keys or
   * values are too many for an event loop.
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
      if (bytes > RestLimits.LOOP_BYTES_MAX) {
        return null;
      }
    }
    return values;
  }

  private interface Reader {
    @Nullable VersionedValue read(int index);
  }

  private static BudgetedBody answer(BudgetedOutput out, List<byte[]> keys, Reader reader) {
    try (out) {
      JsonOutput json = out.json().beginObject().name("entries").beginArray();
      List<byte[]> missing = new ArrayList<>();
      for (int i = 0; i < keys.size(); i++) {
        VersionedValue found = reader.read(i);
        if (found == null) {
          missing.add(keys.get(i));
        } else if (!EntryJson.tryWrite(out, keys.get(i), found)) {
          throw AnswerBudget.noRoom();
        }
        checkLength(out);
      }
      json.endArray().name("missing").beginArray();
      for (byte[] key : missing) {
        out.reserve(MISSING_BYTES + EntryJson.bytesMax(key));
        json.beginObject().bytes("key", key).endObject();
        checkLength(out);
      }
      json.endArray().endObject();
      return out.take();
    }
  }

  private static void checkLength(BudgetedOutput out) {
    if (out.length() > ANSWER_BYTES_MAX) {
      throw Problem.of(
              Problem.Kind.PAYLOAD_TOO_LARGE,
              "the answer would have more than " + ANSWER_BYTES_MAX + " bytes; ask for fewer keys")
          .exception();
    }
  }
}
