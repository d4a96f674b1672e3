using System.Buffers.Binary;
using System.IO.Hashing;
using Dataplug.Fuzz.Targets;

namespace Dataplug.Fuzz;

/// <summary>All targets, and how one is run.</summary>
internal static class FuzzTargets
{
    /// <summary>More than any input needs in any target, oracle included; a decoder whose memory grows with what the input claims
    /// goes beyond it. Zstd may blow up each four bytes of an index to 128 KiB.</summary>
    private static long MaxAllocation(int inputLength) => (64L << 20) + (inputLength * (48L << 10));

    /// <summary>New instances of all targets, for one thread.</summary>
    public static IReadOnlyList<IFuzzTarget> Create() =>
    [
        new InflateTarget(),
        new SymbolsTarget(),
        new PushTarget(),
        new ScanTarget(),
        new SpeculationTarget(),
        new TwoPassTarget(),
        new FinderTarget(),
        new StreamTarget(),
        new HeaderTarget(),
        new WindowTarget(),
        new StateTarget(),
        new ColumnTarget(),
        new SidecarTarget(),
    ];

    /// <summary>The targets of the given names, all when there is none; the broken ones only when they are named.</summary>
    public static IReadOnlyList<IFuzzTarget> Create(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
            return Create();
        var chosen = Create().Concat(Enum.GetValues<BrokenTarget.Defect>().Select(defect => new BrokenTarget(defect))).Where(target => names.Contains(target.Name)).ToArray();
        return chosen.Length == names.Distinct().Count() ? chosen : throw new ArgumentException($"Not all of '{string.Join("', '", names)}' are targets.", nameof(names));
    }

    /// <summary>Runs a target once and holds it to the memory that it may allocate.</summary>
    /// <exception cref="FuzzFinding">A finding, of whatever sort.</exception>
    public static string Execute(IFuzzTarget target, byte[] input)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        string outcome;
        try
        {
            outcome = target.Run(input, new Random(BinaryPrimitives.ReadInt32LittleEndian(Crc32.Hash(input))));
        }
        catch (Exception failure) when (failure is not FuzzFinding)
        {
            throw new FuzzFinding($"it threw {failure.GetType().Name}: {failure.Message}", failure);
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= MaxAllocation(input.Length) ? outcome : throw new FuzzFinding($"it allocated {allocated} bytes on an input of {input.Length}");
    }
}
