package io.apexstore.bench.load;

import java.util.Iterator;
import java.util.List;

/**
 * The options of a run of {@link LoadRun}.
 *
 * @param keys the number of keys
 * @param batch keys per batch
 * @param heap the maximum heap, as in the flag -Xmx
 * @param stallMsMax the longest time in ms that one batch may take
 * @param folder the directory of the store; empty: one below target/bench
 */
public record LoadOptions(long keys, int batch, String heap, long stallMsMax, String folder) {
  /** 10 million keys in batches of 100 into 256 MiB of heap, no batch over a second. */
  public static final LoadOptions TEN_MILLION = new LoadOptions(10_000_000, 100, "256m", 1000, "");

  /**
   * Parses the arguments after the name of the command.
   *
   * @throws IllegalArgumentException if they are wrong; the message describes the error
   */
  public static LoadOptions parse(List<String> arguments) {
    LoadOptions options = TEN_MILLION;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (!rest.hasNext()) {
        throw new IllegalArgumentException(name + " needs a value");
      }
      options = options.with(name, rest.next());
    }
    return options;
  }

  private LoadOptions with(String name, String value) {
    return switch (name) {
      case "--keys" -> new LoadOptions(Long.parseLong(value), batch, heap, stallMsMax, folder);
      case "--batch" -> new LoadOptions(keys, Integer.parseInt(value), heap, stallMsMax, folder);
      case "--heap" -> new LoadOptions(keys, batch, value, stallMsMax, folder);
      case "--stall-ms-max" -> new LoadOptions(keys, batch, heap, Long.parseLong(value), folder);
      case "--dir" -> new LoadOptions(keys, batch, heap, stallMsMax, value);
      default -> throw new IllegalArgumentException("unknown argument " + name);
    };
  }

  List<String> arguments() {
    return List.of(
        "--keys", Long.toString(keys),
        "--batch", Integer.toString(batch),
        "--heap", heap,
        "--stall-ms-max", Long.toString(stallMsMax),
        "--dir", folder);
  }
}
