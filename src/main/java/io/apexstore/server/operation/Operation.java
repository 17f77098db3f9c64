package io.apexstore.server.operation;

import java.util.Locale;
import java.util.Set;

/**
 * The catalogue of the server's operations. Each one is declared here once, whichever protocol a
 * client uses to call it and however many routes lead to it. Authorization ({@link #access}), the
 * check of query parameters ({@link #parameters}) and the request metrics ({@link #label}) follow
 * from the declaration, so an operation cannot be served without them.
 *
 * <p><b>Threads:</b> immutable.
 */
public enum Operation {
  /** Reads one key. */
  GET(Access.READ, Scope.KEY, Cost.POINT, "at"),
  /** Reads a list of keys. */
  GET_MANY(Access.READ, Scope.KEYS, Cost.BATCH),
  /** Reads a page of a range. */
  SCAN(Access.READ, Scope.RANGE, Cost.SCAN, Parameters.OF_SCAN),
  /** Streams a range, up to a whole keyspace. */
  EXPORT(Access.READ, Scope.RANGE, Cost.STREAM, Parameters.OF_SCAN),
  /** Reads the change feed, a page at a time or as a stream. */
  CHANGES(
      Access.READ,
      Scope.RANGE,
      Cost.STREAM,
      "prefix",
      "keyspace",
      "since",
      "snapshot",
      "format",
      "timeout",
      "limit"),

  /** Stores one value. */
  PUT(Access.WRITE, Scope.KEY, Cost.POINT, "ttl", "if_version", "if_absent"),
  /** Deletes one key. */
  DELETE(Access.WRITE, Scope.KEY, Cost.POINT, "if_version"),
  /** Adds to a counter. */
  INCREMENT(Access.WRITE, Scope.KEY, Cost.POINT),
  /** Deletes all keys of a range with one range tombstone. */
  DELETE_RANGE(Access.WRITE, Scope.RANGE, Cost.POINT, "prefix", "from", "to"),
  /** Commits several writes atomically, perhaps in several keyspaces. */
  BATCH(Access.WRITE, Scope.KEYS, Cost.BATCH),
  /** Stores a stream of entries. */
  IMPORT(Access.WRITE, Scope.KEYS, Cost.STREAM),

  /** Lists the keyspaces with their options. */
  KEYSPACE_LIST(Access.READ, Scope.STORE, Cost.LIGHT),
  /** Describes one keyspace. */
  KEYSPACE_GET(Access.READ, Scope.KEYSPACE, Cost.LIGHT),
  /** Creates a keyspace or replaces its options. */
  KEYSPACE_PUT(Access.ADMIN, Scope.KEYSPACE, Cost.LIGHT),
  /** Drops a keyspace with all its keys. */
  KEYSPACE_DROP(Access.ADMIN, Scope.KEYSPACE, Cost.LIGHT),

  /** Reports the server's state in one word. */
  HEALTH(Access.READ, Scope.STORE, Cost.LIGHT),
  /** Reports the server's state with the figures it was derived from. */
  HEALTH_CHECK(Access.READ, Scope.STORE, Cost.LIGHT),
  /** Reports that the process answers. */
  HEALTH_LIVE(Access.PUBLIC, Scope.NONE, Cost.LIGHT),
  /** Reports whether requests should be sent to this server. */
  HEALTH_READY(Access.PUBLIC, Scope.STORE, Cost.LIGHT),
  /** Reports the statistics that every reader may see. */
  STATS(Access.READ, Scope.STORE, Cost.LIGHT),
  /** Reports all statistics and the effective configuration. */
  STATS_ALL(Access.ADMIN, Scope.STORE, Cost.LIGHT),
  /** Reports the metrics in the format of Prometheus. */
  METRICS(Access.ADMIN, Scope.STORE, Cost.LIGHT),

  /** Flushes the memtables to tables and waits until that is done. */
  FLUSH(Access.ADMIN, Scope.STORE, Cost.JOB),
  /** Starts a compaction of everything, of a keyspace or of a range. */
  COMPACT(Access.ADMIN, Scope.RANGE, Cost.JOB),
  /** Reports the running compactions and the shape of the trees. */
  COMPACTION_STATUS(Access.ADMIN, Scope.STORE, Cost.LIGHT),
  /** Starts the rotation of the data key and, if possible, the key-encryption key. */
  ROTATE_ENCRYPTION_KEYS(Access.ADMIN, Scope.STORE, Cost.JOB),
  /** Reports the state of a job. */
  JOB(Access.ADMIN, Scope.NONE, Cost.LIGHT),

  /** Returns the description of the REST routes. */
  OPENAPI(Access.READ, Scope.NONE, Cost.LIGHT),
  /** Returns a file of the dashboard. */
  PAGE(Access.PUBLIC, Scope.NONE, Cost.LIGHT),
  /** A request that no operation answers; it is counted, too. */
  UNKNOWN(Access.PUBLIC, Scope.NONE, Cost.LIGHT);

  private final Access access;
  private final Scope scope;
  private final Cost cost;

  @SuppressWarnings("ImmutableEnumChecker") // Set.of is immutable.
  private final Set<String> parameters;

  private final String label = name().toLowerCase(Locale.ROOT);

  Operation(Access access, Scope scope, Cost cost, String... parameters) {
    this.access = access;
    this.scope = scope;
    this.cost = cost;
    this.parameters = Set.of(parameters);
  }

  /** What part of the store an operation reads or writes. */
  public enum Scope {
    /** Nothing of the store. */
    NONE,
    /** One key. */
    KEY,
    /** The keys that the request lists. */
    KEYS,
    /** The keys of a range of one keyspace, or of all. */
    RANGE,
    /** A keyspace itself, not its keys. */
    KEYSPACE,
    /** The store as a whole. */
    STORE
  }

  /** What bounds the work of one call. */
  public enum Cost {
    /** A constant: no keys are read or written. */
    LIGHT,
    /** One key and its value, or one range tombstone. */
    POINT,
    /** The size of the request's body. */
    BATCH,
    /** The limit on the size of a page. */
    SCAN,
    /** Nothing: the call lasts as long as the client reads or writes. */
    STREAM,
    /** The size of the store: the work is done in the background or waited for. */
    JOB
  }

  /** Returns what the operation requires of its caller. */
  public Access access() {
    return access;
  }

  /** Returns what part of the store the operation reads or writes. */
  public Scope scope() {
    return scope;
  }

  /** Returns what bounds the work of one call. */
  public Cost cost() {
    return cost;
  }

  /** Returns the names of the query parameters that a call may have; any other is refused. */
  public Set<String> parameters() {
    return parameters;
  }

  /** Returns the name under which calls are counted: this one's in small letters. */
  public String label() {
    return label;
  }

  /**
   * Returns the operation's index in an array with one element for each operation. It may differ
   * from release to release, so it must not be stored.
   */
  @SuppressWarnings("EnumOrdinal")
  public int index() {
    return ordinal();
  }

  private static final class Parameters {
    private static final String[] OF_SCAN = {
      "prefix", "from", "to", "reverse", "limit", "cursor", "keys_only", "at"
    };

    private Parameters() {}
  }
}
