namespace Samples.Metaspace;

/// <summary>Steele, Lea and Flood's SplitMix64: random numbers that are the same on every machine for the same seed.</summary>
internal struct SplitMix64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A seed for one of many things, such as pixels.</summary>
    public static ulong SeedOf(ulong seed, ReadOnlySpan<char> name)
    {
        var mixed = new SplitMix64(seed).NextUInt64();
        foreach (var character in name)
            mixed = new SplitMix64(mixed ^ character).NextUInt64();
        return mixed;
    }

    public ulong NextUInt64()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from 0 to below 1.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number from 0 to below a bound.</summary>
    public int Next(int bound) => (int)(((UInt128)NextUInt64() * (uint)bound) >> 64);

    /// <summary>A number of the normal distribution with mean 0 and deviation 1, by Box and Muller.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());
}
