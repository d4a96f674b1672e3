namespace Dataplug.Storage;

/// <summary>One read of an object: one request to its store.</summary>
/// <param name="Range">The part to read.</param>
/// <param name="IfMatch">The ETag that the object must still have, else <see cref="StaleIndexException"/>; null to read
/// whatever is there.</param>
public readonly record struct ReadRequest(ReadRange Range, string? IfMatch = null);
