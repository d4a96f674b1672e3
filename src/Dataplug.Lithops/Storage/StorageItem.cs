using Dataplug.Storage;

namespace Dataplug.Lithops;

/// <summary>An object as <see cref="Storage.ListAsync"/> finds it.</summary>
/// <param name="Key">Its key below the storage's location.</param>
/// <param name="Info">Size, ETag and time; listings leave the user's metadata out.</param>
public sealed record StorageItem(string Key, ObjectInfo Info);
