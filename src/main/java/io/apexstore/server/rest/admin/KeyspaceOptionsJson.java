package io.apexstore.server.rest.admin;

import io.apexstore.options.CompactionStrategy;
import io.apexstore.options.KeyspaceOptions;
import io.apexstore.server.http.Quoted;
import io.apexstore.server.http.json.JsonException;
import io.apexstore.server.http.json.JsonInput;
import io.apexstore.server.http.json.JsonOutput;
import io.apexstore.server.rest.body.EntryReader;
import io.apexstore.server.rest.body.Ttl;
import java.time.Duration;
import java.util.List;

/**
 * The JSON of a keyspace's options. Times are in seconds.
 *
 * <pre>{@code
 * {"compaction": "fifo", "fifo_max_bytes": 1073741824, "fifo_max_age": 86400, "ttl": 3600,
 *  "log_previous_values": true}
 * }</pre>
 */
final class KeyspaceOptionsJson {
  private KeyspaceOptionsJson() {}

  /**
   * Reads all options of a keyspace. An option that the body does not name has its default.
   *
   * @param compaction the default strategy
   */
  static KeyspaceOptions read(byte[] body, CompactionStrategy compaction) {
    KeyspaceOptions[] options = {KeyspaceOptions.defaults().withCompaction(compaction)};
    JsonInput.read(
        body,
        0,
        body.length,
        input -> input.object("", member -> options[0] = read(options[0], member, input)));
    return options[0];
  }

  private static KeyspaceOptions read(KeyspaceOptions options, String member, JsonInput input) {
    return switch (member) {
      case "compaction" -> options.withCompaction(strategy(input.text(member)));
      case "fifo_max_bytes" ->
          options.withFifoBytesMax(number(member, input, KeyspaceOptions.FIFO_BYTES_MAX));
      case "fifo_max_age" -> options.withFifoAgeMax(seconds(member, input));
      case "ttl" -> options.withTtl(seconds(member, input));
      case "log_previous_values" -> options.withLogPreviousValues(input.bool(member));
      default -> throw EntryReader.unknownMember(member);
    };
  }

  private static CompactionStrategy strategy(String given) {
    CompactionStrategy strategy = CompactionStrategy.named(given);
    if (strategy == null) {
      throw new JsonException(
          "compaction must be one of "
              + List.of(CompactionStrategy.values())
              + ", not "
              + Quoted.of(given));
    }
    return strategy;
  }

  private static Duration seconds(String member, JsonInput input) {
    return Duration.ofSeconds(number(member, input, Ttl.SECONDS_MAX));
  }

  private static long number(String member, JsonInput input, long max) {
    long number = input.whole(member);
    if (number < 0 || number > max) {
      throw new JsonException(
          member + " must be a whole number from 0 to " + max + ", not " + number);
    }
    return number;
  }

  /** Writes the options of a keyspace as members of the object that is being written. */
  static void write(JsonOutput out, KeyspaceOptions options) {
    CompactionStrategy compaction = options.compaction();
    if (compaction != null) {
      out.name("compaction").string(compaction.toString());
    }
    out.name("fifo_max_bytes").number(options.fifoBytesMax());
    out.name("fifo_max_age").number(options.fifoAgeMax().toSeconds());
    out.name("ttl").number(options.ttl().toSeconds());
    out.name("log_previous_values").bool(options.logPreviousValues());
  }
}
