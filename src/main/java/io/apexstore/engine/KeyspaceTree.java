package io.apexstore.engine;

/** One keyspace: its LSM tree. */
public final class KeyspaceTree {
  private final int id;
  private final String name;

  KeyspaceTree(int id, String name) {
    this.id = id;
    this.name = name;
  }

  /** The keyspace's number in the log. */
  public int id() {
    return id;
  }

  /** The keyspace's name. */
  public String name() {
    return name;
  }
}
