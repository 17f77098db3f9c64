package io.apexstore.server.rest.body;

import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.http.json.SlicedBytes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * JSON that is written piece by piece: short parts at once, long bytes in slices.
 *
 * <p><b>Threads:</b> confined to one at a time.
 */
public final class SlicedJson {
  private final ArrayDeque<Consumer<JsonOutput>> steps = new ArrayDeque<>();
  private @Nullable SlicedBytes slicing;

  /** Creates JSON without parts. */
  public SlicedJson() {}

  /** Adds a short part. */
  public SlicedJson add(Consumer<JsonOutput> part) {
    steps.add(part);
    return this;
  }

  /**
   * Adds a member whose value is any bytes; see {@link JsonOutput#bytes}. They must stay in place
   * until they have been written.
   */
  public SlicedJson addBytes(String name, MemorySegment bytes) {
    return add(
        out -> {
          SlicedBytes sliced = new SlicedBytes(bytes);
          out.name(sliced.memberName(name));
          slicing = sliced;
        });
  }

  /** Whether all parts have been written. */
  public boolean isEmpty() {
    return slicing == null && steps.isEmpty();
  }

  /**
   * Writes parts until there are none or the output has {@code bytes} bytes. It may exceed them by
   * one part, or by {@link SlicedBytes#WRITTEN_BYTES_MAX}.
   */
  public void write(JsonOutput out, int bytes) {
    while (out.length() < bytes) {
      SlicedBytes now = slicing;
      if (now != null) {
        if (!now.write(out)) {
          slicing = null;
        }
        continue;
      }
      Consumer<JsonOutput> step = steps.poll();
      if (step == null) {
        return;
      }
      step.accept(out);
    }
  }
}
