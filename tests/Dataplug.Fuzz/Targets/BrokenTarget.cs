namespace Dataplug.Fuzz.Targets;

/// <summary>Code with a known defect, run only when it is named: shows that a campaign finds and reports what it is there to find.</summary>
internal sealed class BrokenTarget(BrokenTarget.Defect defect) : IFuzzTarget
{
    private readonly GuardedMemory _input = new(1 << 20);

    /// <summary>What is wrong with it.</summary>
    internal enum Defect
    {
        /// <summary>Reads one byte beyond inputs of even length.</summary>
        Overread,

        /// <summary>Writes one byte before inputs of even length.</summary>
        Underwrite,

        /// <summary>Throws what it should not on some inputs.</summary>
        Throws,

        /// <summary>Takes memory that an input claims.</summary>
        Memory,

        /// <summary>Never ends on some inputs.</summary>
        Hang,
    }

    public string Name => "broken-" + defect.ToString().ToLowerInvariant();

    public InputKind Kind => InputKind.Column;

    public unsafe string Run(byte[] input, Random random)
    {
        var isHit = input.Length > 8 && input.Length % 2 == 0;
        switch (defect)
        {
            case Defect.Overread:
                _input.PutAtEnd(input);
                return isHit && _input.End[0] == 1 ? "1" : "0";
            case Defect.Underwrite:
                _input.PutAtStart(input);
                if (isHit)
                    _input.Start[-1] = 0;
                return "written";
            case Defect.Throws when isHit:
                throw new InvalidOperationException("it broke");
            case Defect.Memory when isHit:
                return new byte[100 << 20].Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
            case Defect.Hang when isHit:
                Thread.Sleep(Timeout.Infinite);
                return "never";
            default:
                return "fine";
        }
    }
}
