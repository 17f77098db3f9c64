package io.apexstore.server.rest.bulk;

import io.apexstore.ApexStore;
import io.apexstore.Keyspace;
import io.apexstore.WriteBatch;
import io.apexstore.options.SyncMode;
import io.apexstore.server.http.BodyBudget;
import io.apexstore.server.http.Exchange;
import io.apexstore.server.http.Problem;
import io.apexstore.server.http.ProblemException;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.context.RestContext;
import io.apexstore.server.rest.context.RestLimits;
import io.apexstore.vertx.OverloadedException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One import. Lines are collected into batches; when a batch is durable, the number of lines stored
 * so far is written to the answer.
 *
 * <p>A batch is never larger than the store allows; a line that is larger is refused. Memory is
 * bounded: while {@link #BATCHES_MAX} batches, or as many bytes, are not acknowledged, the body is
 * not read. A client that does not read its answer does not stop the import: counts are left out,
 * and the next one includes them. An illegal line ends the import; the lines before it stay stored.
 *
 * <p><b>Threads:</b> confined to the exchange's event loop; lines longer than {@link
 * RestLimits#LOOP_BYTES_MAX} are parsed on the I/O pool. <b>Invariants:</b> the counts in the
 * answer only grow, and never include a batch that is not durable.
 */
final class ImportSession implements LineSplitter.Lines {
  private static final int BATCHES_MAX = 4;
  private static final int BATCH_LINES = 1_000;
  private static final int BATCH_BYTES = 256 << 10;

  /** Reserved for the batches of an import; long lines are counted besides. */
  private static final int HELD_BYTES = (BATCHES_MAX + 1) * BATCH_BYTES;

  /** A long line is in memory three times: as it came, as parsed, and in its batch. */
  private static final int LONG_LINE_COPIES = 3;

  private static final int RETRY_MS = 20;

  private final RestContext context;
  private final Exchange exchange;
  private final Keyspace keyspace;
  private final ApexStore store;
  private final HttpServerRequest request;
  private final LineSplitter splitter;

  /** The largest write that the store takes, in bytes of keys and values. */
  private final int writeBytesMax;

  /** Chunks of the body that wait until a long line has been parsed. */
  private final Deque<Buffer> chunks = new ArrayDeque<>();

  /** Batches that are not acknowledged yet, in order. */
  private final Deque<Pending> pending = new ArrayDeque<>();

  /** The last ones of {@link #pending}, which the gateway has not accepted yet. */
  private final Deque<Pending> unsent = new ArrayDeque<>();

  private long pendingBytes;

  /** What is reserved for the copies of the long lines in {@link #batch}. */
  private long longLineBytes;

  /** The batch that lines are being added to. */
  private WriteBatch batch;

  private long lines;
  private long storedLines;

  /** The version of the last batch that is stored. */
  private long version;

  /** Whether {@link #unsent} waits for the gateway to have room. */
  private boolean retrying;

  /** Whether a long line is being parsed on the I/O pool. */
  private boolean parsing;

  /** Whether the body has arrived completely. */
  private boolean bodyEnded;

  /** Whether the splitter has received the end of the body. */
  private boolean splitterEnded;

  /** Whether no further lines are added. */
  private boolean inputOver;

  private boolean writeFailed;
  private boolean answered;
  private @Nullable Throwable failure;

  /** The line that {@link #failure} is about, counted from 1, or 0. */
  private long failureLine;

  ImportSession(RestContext context, Exchange exchange, Keyspace keyspace) {
    this.context = context;
    this.exchange = exchange;
    this.keyspace = keyspace;
    this.store = context.store();
    this.request = exchange.request();
    this.writeBytesMax = store.options().batchBytesMax();
    this.splitter = new LineSplitter(context.limits().jsonBytesMax(), this);
    this.batch = store.newBatch();
  }

  /** A batch that is not acknowledged yet. */
  private static final class Pending {
    private final WriteBatch batch;

    /** How many lines are stored when this batch and all before it are. */
    private final long linesUpTo;

    /** What is reserved for the copies of its long lines. */
    private final long longLineBytes;

    /** The version of its commit, or -1 before that. */
    private long version = -1;

    Pending(WriteBatch batch, long linesUpTo, long longLineBytes) {
      this.batch = batch;
      this.longLineBytes = longLineBytes;
      this.linesUpTo = linesUpTo;
    }
  }

  /**
   * Starts to read the body.
   *
   * @throws io.apexstore.server.http.ProblemException {@code OVERLOADED} if other bodies hold too
   *     much memory
   */
  void start() {
    if (!exchange.tryReserveBodyBytes(HELD_BYTES)) {
      throw BodyBudget.noRoomForBody();
    }
    exchange.continueIfExpected();
    request.handler(this::addChunk);
    request.exceptionHandler(this::failBody);
    request.endHandler(end -> endBody());
  }

  private void addChunk(Buffer chunk) {
    chunks.addLast(chunk);
    split();
  }

  private void endBody() {
    exchange.bodyEnded();
    bodyEnded = true;
    split();
  }

  private void failBody(Throwable cause) {
    if (!(cause instanceof ProblemException)) {
      abandon(cause);
    } else if (!inputOver) {
      refuseLine(cause);
      failureLine = 0;
      inputOver = true;
      split();
    }
  }

  // A chunk can still arrive after the input was paused.
  private void split() {
    while (!parsing && !inputOver && !chunks.isEmpty()) {
      handle(splitter.feed(chunks.removeFirst().getBytes()));
    }
    if (bodyEnded && !parsing && !inputOver && !splitterEnded) {
      splitterEnded = true;
      handle(splitter.end());
    }
    inputOver |= splitterEnded && !parsing;
    if (inputOver) {
      chunks.clear(); // The lines after an illegal one are ignored.
    }
    if (inputOver || pending.isEmpty()) {
      submit();
    }
    finishIfDone();
  }

  private void handle(LineSplitter.Next next) {
    inputOver |= next == LineSplitter.Next.STOP;
  }

  @Override
  public LineSplitter.Next line(byte[] bytes, int offset, int length) {
    if (length > RestLimits.LOOP_BYTES_MAX) {
      if (!reserveCopies(length)) {
        return LineSplitter.Next.STOP;
      }
      parsing = true;
      exchange.pauseInput();
      // Later, so that parsing cannot end before the splitter knows that it must wait.
      context
          .vertx()
          .runOnContext(
              later ->
                  context
                      .io()
                      .run(() -> ImportLine.parse(bytes, offset, length))
                      .onComplete(this::parsed));
      return LineSplitter.Next.WAIT;
    }
    ImportLine line;
    try {
      line = ImportLine.parse(bytes, offset, length);
    } catch (RuntimeException e) {
      return refuseLine(e);
    }
    return add(line);
  }

  private boolean reserveCopies(int length) {
    long lengthMax = exchange.bodies().holderBytesMax() / LONG_LINE_COPIES;
    long bytes = (LONG_LINE_COPIES - 1L) * length;
    if (length > lengthMax) {
      refuseLine(
          Problem.of(
                  Problem.Kind.PAYLOAD_TOO_LARGE,
                  "a line may have at most "
                      + lengthMax
                      + " bytes: the server's memory for bodies, a part of its heap, allows no"
                      + " more")
              .exception());
      return false;
    }
    if (!exchange.tryReserveBodyBytes(bytes)) {
      refuseLine(BodyBudget.noRoomForBody());
      return false;
    }
    longLineBytes += bytes;
    return true;
  }

  /** Continues after a long line. */
  private void parsed(@Nullable ImportLine line, @Nullable Throwable cause) {
    parsing = false;
    if (!inputOver) {
      LineSplitter.Next next = cause == null ? add(line) : refuseLine(cause);
      handle(next == LineSplitter.Next.MORE ? splitter.resume() : next);
    }
    split();
    resumeInput();
  }

  private LineSplitter.Next refuseLine(Throwable cause) {
    failure = cause;
    failureLine = lines + 1;
    return LineSplitter.Next.STOP;
  }

  @Override
  public void tooLong() {
    refuseLine(
        Problem.of(
                Problem.Kind.PAYLOAD_TOO_LARGE,
                "a line may have at most " + context.limits().jsonBytesMax() + " bytes")
            .exception());
  }

  @Override
  public boolean tryReserve(int bytes) {
    if (exchange.tryReserveBodyBytes(bytes)) {
      return true;
    }
    refuseLine(BodyBudget.noRoomForBody());
    return false;
  }

  private LineSplitter.Next add(@Nullable ImportLine line) {
    if (line != null) {
      int bytes = line.key().length + line.value().length;
      if (bytes > writeBytesMax) {
        return refuseLine(
            Problem.of(
                    Problem.Kind.PAYLOAD_TOO_LARGE,
                    "a line may have at most "
                        + writeBytesMax
                        + " bytes of key and value, not "
                        + bytes)
                .exception());
      }
      if (batch.size() > 0 && batch.sizeBytes() + bytes > Math.min(BATCH_BYTES, writeBytesMax)) {
        submit(); // Without this line.
      }
      try {
        line.addTo(batch, keyspace);
      } catch (RuntimeException e) {
        return refuseLine(e);
      }
    }
    lines++;
    if (batch.size() >= BATCH_LINES) {
      submit();
    }
    return LineSplitter.Next.MORE;
  }

  /** Queues the current batch and begins a new one. */
  private void submit() {
    if (batch.size() == 0 || writeFailed) {
      return;
    }
    Pending full = new Pending(batch, lines, longLineBytes);
    longLineBytes = 0;
    batch = store.newBatch();
    pending.addLast(full);
    unsent.addLast(full);
    pendingBytes += full.batch.sizeBytes();
    if (isFull()) {
      exchange.pauseInput();
    }
    send();
  }

  private boolean isFull() {
    return pending.size() >= BATCHES_MAX || pendingBytes >= (long) BATCHES_MAX * BATCH_BYTES;
  }

  /** Sends the unsent batches in order: none overtakes one for which the gateway had no room. */
  private void send() {
    while (!unsent.isEmpty() && !retrying) {
      Pending next = unsent.getFirst();
      Future<Long> written = context.gateway().write(next.batch, SyncMode.GROUP);
      if (written.failed() && written.cause() instanceof OverloadedException) {
        retrying = true;
        context.vertx().setTimer(RETRY_MS, timer -> retry());
        return;
      }
      unsent.removeFirst();
      written.onComplete((at, cause) -> written(next, at, cause));
    }
  }

  private void retry() {
    retrying = false;
    send();
  }

  private void written(Pending place, @Nullable Long at, @Nullable Throwable cause) {
    pendingBytes -= place.batch.sizeBytes();
    exchange.releaseBodyBytes(place.longLineBytes);
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
      Pending stored = pending.removeFirst();
      storedLines = stored.linesUpTo;
      version = stored.version;
    }
    if (writeFailed) {
      // What was stored after the failed batch must not be acknowledged.
      pending.removeIf(other -> other == place || other.version >= 0);
    }
    acknowledge();
    resumeInput();
    if (pending.isEmpty() && !inputOver) {
      submit();
    }
    finishIfDone();
  }

  private void resumeInput() {
    if (!isFull() && !parsing) {
      exchange.resumeInput();
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
      storedLines = lines; // Blank lines at the end are in no batch.
      response.write(progress(true));
      exchange.endStream();
    } else {
      response.write(progress(false));
      exchange.fail(cause, failureLine);
    }
  }

  /**
   * Leaves the answer without an end, because the client is gone: an end would mean that all of the
   * body was stored. Batches that were sent are still stored.
   */
  private void abandon(Throwable cause) {
    inputOver = true;
    answered = true;
    exchange.failBody(cause);
  }
}
