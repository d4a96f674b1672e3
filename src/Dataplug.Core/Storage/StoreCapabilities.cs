namespace Dataplug.Storage;

/// <summary>What a store can do beyond head and range reads, which all of them can.</summary>
[Flags]
public enum StoreCapabilities
{
    /// <summary>Only reads.</summary>
    None = 0,

    /// <summary>Put, multipart put, delete, copy.</summary>
    Write = 1,

    /// <summary>Conditions on put: If-None-Match and If-Match.</summary>
    ConditionalWrite = 2,

    /// <summary>Listing by prefix.</summary>
    List = 4,

    /// <summary>Presigned read URLs.</summary>
    Presign = 8,

    /// <summary>A network lies between: a request may fail, and a write may take effect without its answer arriving.
    /// Such a store is retried, and its conditional writes are marked so that a retry can tell its own work from another's.</summary>
    Remote = 16,
}
