package io.apexstore.server.config;

/**
 * One name with a value, as some source gave it.
 *
 * @param name the name as it was written there
 * @param value the text given
 */
record Assignment(String name, String value) {}
