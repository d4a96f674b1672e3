namespace Dataplug.Lithops;

/// <summary>What running tasks costs, somewhere. The ones built in are list prices without free tiers and discounts: check them.</summary>
public sealed record PriceModel
{
    /// <summary>Functions of AWS Lambda on x86-64 processors, on demand, in us-east-1, of the first tier of use.</summary>
    public static PriceModel AwsLambdaX64 { get; } = new()
    {
        Name = "AWS Lambda, x86_64, us-east-1",
        Currency = "USD",
        PerGibibyteSecond = 0.0000166667m,
        PerInvocation = 0.20m / 1_000_000,
        BilledStep = TimeSpan.FromMilliseconds(1),
        AsOf = "2024",
        Source = "https://aws.amazon.com/lambda/pricing/",
    };

    /// <summary>The same on Arm processors.</summary>
    public static PriceModel AwsLambdaArm64 { get; } = AwsLambdaX64 with
    {
        Name = "AWS Lambda, arm64, us-east-1",
        PerGibibyteSecond = 0.0000133334m,
    };

    /// <summary>Services of Google Cloud Run that are billed by request, in regions of tier 1.</summary>
    public static PriceModel CloudRun { get; } = new()
    {
        Name = "Google Cloud Run, billed by request, tier 1",
        Currency = "USD",
        PerGibibyteSecond = 0.0000025m,
        PerVcpuSecond = 0.000024m,
        PerInvocation = 0.40m / 1_000_000,
        BilledStep = TimeSpan.FromMilliseconds(100),
        AsOf = "2024",
        Source = "https://cloud.google.com/run/pricing",
    };

    /// <summary>Nothing: this machine.</summary>
    public static PriceModel Free { get; } = new() { Name = "free", Currency = "", AsOf = "", Source = "" };

    /// <summary>What it is the price of.</summary>
    public required string Name { get; init; }

    /// <summary>The currency's code in ISO 4217, as in <c>USD</c>.</summary>
    public required string Currency { get; init; }

    /// <summary>The price of 2^30 bytes of memory for a second. Lambda calls that a GB-second.</summary>
    public decimal PerGibibyteSecond { get; init; }

    /// <summary>The price of a processor, or of a core, for a second; zero where it comes with the memory.</summary>
    public decimal PerVcpuSecond { get; init; }

    /// <summary>The price of an attempt, however long it runs.</summary>
    public decimal PerInvocation { get; init; }

    /// <summary>What an attempt is billed as at least.</summary>
    public TimeSpan MinimumBilled { get; init; }

    /// <summary>An attempt's time is rounded up to a multiple of this; zero for not at all.</summary>
    public TimeSpan BilledStep { get; init; }

    /// <summary>When it was the price: a year, a month or a day in ISO 8601.</summary>
    public required string AsOf { get; init; }

    /// <summary>Where the price is from.</summary>
    public required string Source { get; init; }

    /// <summary>A cluster that is billed by core-hours, as Slurm accounts for them.</summary>
    /// <param name="perCoreHour">The price of a core for an hour.</param>
    /// <param name="currency">Its currency's code in ISO 4217.</param>
    /// <param name="asOf">When it was the price.</param>
    /// <param name="source">Who says so.</param>
    /// <exception cref="ArgumentOutOfRangeException">The price is negative.</exception>
    public static PriceModel SlurmCoreHours(decimal perCoreHour, string currency, string asOf = "", string source = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(perCoreHour);
        ArgumentNullException.ThrowIfNull(currency);
        return new PriceModel
        {
            Name = "Slurm, core-hours",
            Currency = currency,
            PerVcpuSecond = perCoreHour / 3600,
            BilledStep = TimeSpan.FromSeconds(1),
            AsOf = asOf,
            Source = source,
        };
    }

    /// <summary>What an attempt is billed as.</summary>
    /// <param name="duration">How long it ran.</param>
    public TimeSpan Billed(TimeSpan duration)
    {
        var least = duration < MinimumBilled ? MinimumBilled : duration;
        return BilledStep <= TimeSpan.Zero ? least : new TimeSpan((least.Ticks + BilledStep.Ticks - 1) / BilledStep.Ticks * BilledStep.Ticks);
    }
}
