package io.apexstore.engine.io;

/** A policy that decides which unsynced changes survive a power cut. */
public enum PowerCut {
  /** Nothing. */
  DROP_ALL(Writes.NONE, Grain.WHOLE, Fill.ZEROS, Names.NONE),
  /** Everything, except that of what a failed sync has lost any subset survives. */
  KEEP_ALL(Writes.ALL, Grain.PAGE, Fill.ZEROS, Names.ALL),
  /** Everything up to some step, with the last write torn. */
  IN_ORDER(Writes.PREFIX, Grain.BYTE, Fill.ZEROS, Names.PREFIX),
  /** Any subset of writes and names, each write whole. */
  SUBSET(Writes.SUBSET, Grain.WHOLE, Fill.ZEROS, Names.SUBSET),
  /** Any subset of sectors of 512 bytes; a file that grew holds zeros where they are missing. */
  TORN_SECTORS(Writes.SUBSET, Grain.SECTOR, Fill.ZEROS, Names.SUBSET),
  /** The same, with garbage where they are missing. */
  TORN_SECTORS_GARBAGE(Writes.SUBSET, Grain.SECTOR, Fill.GARBAGE, Names.SUBSET),
  /** Any subset of pages of 4 KiB. */
  TORN_PAGES(Writes.SUBSET, Grain.PAGE, Fill.ZEROS, Names.SUBSET),
  /** The same, with garbage where they are missing. */
  TORN_PAGES_GARBAGE(Writes.SUBSET, Grain.PAGE, Fill.GARBAGE, Names.SUBSET),
  /** Any subset of pieces that end at any byte. */
  TORN_BYTES(Writes.SUBSET, Grain.BYTE, Fill.ZEROS, Names.SUBSET),
  /** The same, with garbage where they are missing. */
  TORN_BYTES_GARBAGE(Writes.SUBSET, Grain.BYTE, Fill.GARBAGE, Names.SUBSET),
  /** Files have their new length but zeros for the new bytes. */
  LENGTHS_ONLY(Writes.LENGTH, Grain.WHOLE, Fill.ZEROS, Names.ALL),
  /** Files have their new length but garbage for the new bytes. */
  LENGTHS_GARBAGE(Writes.LENGTH, Grain.WHOLE, Fill.GARBAGE, Names.ALL),
  /** New names are there, new bytes are not. */
  NAMES_ONLY(Writes.NONE, Grain.WHOLE, Fill.ZEROS, Names.ALL),
  /** New bytes are there, new names are not. */
  BYTES_ONLY(Writes.ALL, Grain.PAGE, Fill.ZEROS, Names.NONE),
  /** New bytes are there, and any subset of the changes of names. */
  NAMES_SUBSET(Writes.ALL, Grain.PAGE, Fill.ZEROS, Names.SUBSET);

  final Writes writes;
  final Grain grain;
  final Fill fill;
  final Names names;

  PowerCut(Writes writes, Grain grain, Fill fill, Names names) {
    this.writes = writes;
    this.grain = grain;
    this.fill = fill;
    this.names = names;
  }

  /** Which unsynced bytes survive. */
  enum Writes {
    NONE,
    ALL,
    PREFIX,
    SUBSET,
    LENGTH
  }

  /** Where an unsynced write can be torn. */
  enum Grain {
    WHOLE,
    SECTOR,
    PAGE,
    BYTE
  }

  /** The content of a file where its length grew but its bytes did not survive. */
  enum Fill {
    ZEROS,
    GARBAGE
  }

  /** Which unsynced changes of names survive. */
  enum Names {
    NONE,
    ALL,
    PREFIX,
    SUBSET
  }
}
