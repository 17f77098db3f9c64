package io.apexstore.server.rest.bulk;

import io.apexstore.ApexStore;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.Ttl;
import io.apexstore.server.rest.body.ValueLimit;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.vertx.OverloadedException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One import: lines become batches, and each batch that is durable is answered with the number of
 * lines that are stored up to there.
 *
 * <p>Memory is constant: at most {@link #BATCHES_MAX} batches are on their way, and the client is
 * not read from meanwhile. Answers are never what holds it up: where the client takes none, the
 * next one stands for those left out. A line that cannot be used ends the import; what stands
 * before it stays.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop. <b>Invariants:</b> answered counts only
 * grow, and never pass a batch that is not durable.
 */
final class ImportSession implements LineSplitter.Lines {
  private static final int BATCHES_MAX = 4;
  private static final int BATCH_LINES = 1_000;
  private static final int BATCH_BYTES = 1 << 20;
  private static final int RETRY_MS = 20;

  /**
   * By how much the clock of who exported may be ahead, and the longest time to live still pass.
   */
  private static final long EXPIRY_SLACK_MS = 24L * 3_600 * 1_000;

  private final RestContext context;
  private final Exchange exchange;
  private final Keyspace keyspace;
  private final ApexStore store;
  private final HttpServerRequest request;
  private final LineSplitter splitter;

  /** Batches that are not acknowledged yet, in order; those not sent yet are at the end. */
  private final Deque<Pending> pending = new ArrayDeque<>();

  private final Deque<Pending> unsent = new ArrayDeque<>();

  /** What of the body waits until a long line has been parsed. */
  private final Deque<Buffer> arrived = new ArrayDeque<>();

  private long pendingBytes;

  private WriteBatch batch;
  private long lines;
  private long storedLines;
  private long version;
  private boolean waitsForRoom;
  private boolean parses;
  private boolean bodyOver;
  private boolean ended;
  private boolean inputOver;
  private boolean answered;
  private boolean writeFailed;
  private @Nullable Throwable failure;
  private long failureLine;

  ImportSession(RestContext context, Exchange exchange, Keyspace keyspace) {
    this.context = context;
    this.exchange = exchange;
    this.keyspace = keyspace;
    this.store = context.host().store();
    this.request = exchange.request();
    this.splitter = new LineSplitter(context.limits().jsonBytesMax(), this);
    this.batch = store.newBatch();
  }

  private static final class Pending {
    private final WriteBatch batch;
    private final long linesUpTo;
    private long version = -1;

    Pending(WriteBatch batch, long linesUpTo) {
      this.batch = batch;
      this.linesUpTo = linesUpTo;
    }
  }

  void start() {
    if (request.headers().contains(HttpHeaderNames.EXPECT)) {
      request.response().writeContinue();
    }
    request.handler(this::take);
    request.exceptionHandler(gone -> abandon());
    request.endHandler(end -> endOfInput());
  }

  private void take(Buffer chunk) {
    arrived.addLast(chunk);
    split();
  }

  private void endOfInput() {
    exchange.bodyEnded();
    bodyOver = true;
    split();
  }

  // A chunk can still arrive after the input was told to wait.
  private void split() {
    while (!parses && !inputOver && !arrived.isEmpty()) {
      advance(splitter.feed(arrived.removeFirst().getBytes()));
    }
    if (bodyOver && !parses && !inputOver && !ended) {
      ended = true;
      advance(splitter.end());
    }
    inputOver |= ended && !parses;
    if (inputOver) {
      arrived.clear(); // What follows a bad line is not looked at.
    }
    if (inputOver || pending.isEmpty()) {
      submit();
    }
    finishIfDone();
  }

  private void advance(LineSplitter.Next next) {
    inputOver |= next == LineSplitter.Next.STOP;
  }

  @Override
  public LineSplitter.Next line(byte[] bytes, int offset, int length) {
    if (length > RestContext.LOOP_BYTES_MAX) {
      parses = true;
      exchange.holdInput();
      // Not yet: it could be done with before the splitter knows that it is to wait.
      context
          .vertx()
          .runOnContext(
              later ->
                  context
                      .host()
                      .io()
                      .run(() -> parse(bytes, offset, length))
                      .onComplete(this::parsed));
      return LineSplitter.Next.WAIT;
    }
    try {
      return add(parse(bytes, offset, length));
    } catch (RuntimeException e) {
      return refuse(e);
    }
  }

  // Of a long line; until now no other was looked at.
  private void parsed(@Nullable Entry entry, @Nullable Throwable cause) {
    parses = false;
    if (!inputOver) {
      LineSplitter.Next next = cause == null ? add(entry) : refuse(cause);
      advance(next == LineSplitter.Next.MORE ? splitter.resume() : next);
    }
    split();
    releaseInput();
  }

  private LineSplitter.Next refuse(Throwable cause) {
    failure = cause;
    failureLine = lines + 1;
    return LineSplitter.Next.STOP;
  }

  @Override
  public void tooLong() {
    failure =
        Problem.of(
                Problem.Kind.PAYLOAD_TOO_LARGE,
                "a line may have at most " + context.limits().jsonBytesMax() + " bytes")
            .exception();
    failureLine = lines + 1;
  }

  @Override
  public boolean makeRoom(int bytes) {
    if (exchange.takeBodyBytes(bytes)) {
      return true;
    }
    failure = Problem.of(Problem.Kind.OVERLOADED, "too many bodies arrive at once").exception();
    failureLine = lines + 1;
    return false;
  }

  private record Entry(byte[] key, byte[] value, @Nullable Duration ttl) {}

  private static boolean isBlank(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  // Null for a line without an entry. On any thread.
  private static @Nullable Entry parse(byte[] bytes, int offset, int length) {
    if (isBlank(bytes, offset, length)) {
      return null;
    }
    EntryReader members = new EntryReader();
    Lifetime lifetime = new Lifetime();
    JsonInput.read(bytes, offset, length, input -> read(input, members, lifetime));
    Entry entry = new Entry(members.key(), members.value(), lifetime.ttl);
    ValueLimit.check(entry.value);
    return entry;
  }

  private LineSplitter.Next add(@Nullable Entry entry) {
    if (entry != null) {
      int bytes = entry.key.length + entry.value.length;
      if (batch.size() > 0 && batch.sizeBytes() + bytes > BATCH_BYTES) {
        submit(); // Up to the line before.
      }
      Duration ttl = entry.ttl;
      if (ttl == null) {
        batch.put(keyspace, entry.key, entry.value);
      } else {
        batch.put(keyspace, entry.key, entry.value, ttl);
      }
    }
    lines++;
    if (batch.size() >= BATCH_LINES) {
      submit();
    }
    return LineSplitter.Next.MORE;
  }

  /** How long an entry of a line still lives. */
  private static final class Lifetime {
    private @Nullable Duration ttl;

    void set(Duration given) {
      if (ttl != null) {
        throw new JsonException("ttl and expires_at_ms exclude each other");
      }
      ttl = given;
    }
  }

  // What has expired since the export is stored all the same, and expires at once.
  private static Duration until(long expiresMs) {
    long now = System.currentTimeMillis();
    long max = now + Ttl.SECONDS_MAX * 1_000 + EXPIRY_SLACK_MS;
    if (expiresMs < 1 || expiresMs > max) {
      throw new JsonException(
          "expires_at_ms must be a time in ms since the epoch, up to a hundred years from now: 1 to "
              + max
              + ", not "
              + expiresMs);
    }
    return Duration.ofMillis(Math.max(1, expiresMs - now));
  }

  private static void read(JsonInput input, EntryReader entry, Lifetime lifetime) {
    input.object(
        "the line",
        member -> {
          if (member.equals("version")) {
            var _ = input.whole("version"); // An export has it; here it gets a new one.
          } else if (member.equals("ttl")) {
            lifetime.set(Ttl.of(input.whole("ttl")));
          } else if (member.equals("expires_at_ms")) {
            lifetime.set(until(input.whole("expires_at_ms")));
          } else if (!entry.take(member, input)) {
            throw EntryReader.unknown(member);
          }
        });
  }

  private void submit() {
    if (batch.size() == 0 || writeFailed) {
      return;
    }
    Pending full = new Pending(batch, lines);
    batch = store.newBatch();
    pending.addLast(full);
    unsent.addLast(full);
    pendingBytes += full.batch.sizeBytes();
    if (isFull()) {
      exchange.holdInput();
    }
    send();
  }

  private boolean isFull() {
    return pending.size() >= BATCHES_MAX || pendingBytes >= (long) BATCHES_MAX * BATCH_BYTES;
  }

  /** Sends what is unsent, in order: a batch never overtakes one that found no room. */
  private void send() {
    while (!unsent.isEmpty() && !waitsForRoom) {
      Pending next = unsent.getFirst();
      Future<Long> written = context.gateway().write(next.batch, SyncMode.GROUP);
      if (written.failed() && written.cause() instanceof OverloadedException) {
        waitsForRoom = true;
        context.vertx().setTimer(RETRY_MS, timer -> sendAgain());
        return;
      }
      unsent.removeFirst();
      written.onComplete((at, cause) -> ended(next, at, cause));
    }
  }

  private void sendAgain() {
    waitsForRoom = false;
    send();
  }

  private void ended(Pending place, @Nullable Long at, @Nullable Throwable cause) {
    pendingBytes -= place.batch.sizeBytes();
    if (at != null) {
      place.version = at;
    } else if (!writeFailed) {
      writeFailed = true;
      inputOver = true;
      failure = cause;
      failureLine = 0;
      pending.removeAll(unsent);
      unsent.clear();
    }
    while (!writeFailed && !pending.isEmpty() && pending.getFirst().version >= 0) {
      Pending done = pending.removeFirst();
      storedLines = done.linesUpTo;
      version = done.version;
    }
    if (writeFailed) {
      // What is stored behind a batch that failed must not be acknowledged.
      pending.removeIf(other -> other == place || other.version >= 0);
    }
    acknowledge();
    releaseInput();
    if (pending.isEmpty() && !inputOver) {
      submit();
    }
    finishIfDone();
  }

  private void releaseInput() {
    if (!isFull() && !parses) {
      exchange.releaseInput();
    }
  }

  private void acknowledge() {
    HttpServerResponse response = exchange.response();
    if (answered || storedLines == 0 || isDone()) {
      return;
    }
    if (!response.headWritten() && !exchange.beginStream(Exchange.NDJSON)) {
      return;
    }
    if (!response.writeQueueFull()) {
      response.write(progress(false));
    }
  }

  private boolean isDone() {
    return inputOver && pending.isEmpty();
  }

  private Buffer progress(boolean done) {
    JsonOutput out = new JsonOutput(64).beginObject();
    out.name("lines").number(storedLines).name("version").number(version);
    if (done) {
      out.name("done").bool(true);
    }
    return out.endObject().endLine().toBuffer();
  }

  private void finishIfDone() {
    if (!isDone() || answered) {
      return;
    }
    answered = true;
    Throwable cause = failure;
    if (cause != null && storedLines == 0) {
      exchange.fail(cause, failureLine);
      return;
    }
    HttpServerResponse response = exchange.response();
    if (!response.headWritten() && !exchange.beginStream(Exchange.NDJSON)) {
      return;
    }
    if (cause == null) {
      storedLines = lines; // Blank lines at the end belong to it.
      response.write(progress(true));
      exchange.endStream();
    } else {
      response.write(progress(false));
      exchange.endStreamWithProblem(cause, failureLine);
    }
  }

  /** The client is gone; batches under way still end. */
  private void abandon() {
    inputOver = true;
    answered = true;
    exchange.endStream();
  }
}
