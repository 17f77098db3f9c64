package io.apexstore.server.config;

/**
 * A name and its value, as a source of the configuration gives them.
 *
 * @param name the name as the source spells it
 * @param value the text of the value
 */
record Assignment(String name, String value) {}
