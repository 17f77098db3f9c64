package io.apexstore.engine.manifest;

/**
 * The beginning of a part of a store's history: the commits from one open of the store to the next.
 * Copies of a store share the parts before the copy; each open of a copy begins a part of its own.
 *
 * @param firstVersion versions from this one on, up to the next mark, belong to this part
 * @param openedAtVersion the newest version that may have been used when the store was opened.
 *     Feeds give it to consumers, so it belongs to this part although it is the version of no
 *     commit
 * @param id drawn at random
 */
public record HistoryMark(long firstVersion, long openedAtVersion, int id) {}
