using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Dataplug.Formats.Genomics;

/// <summary>Kinds of CIGAR operations, by their numbers in BAM (SAM specification, section 4.2).</summary>
public enum BamCigarKind
{
    /// <summary>M: aligned, equal or not.</summary>
    Match = 0,

    /// <summary>I: bases that the reference does not have.</summary>
    Insertion = 1,

    /// <summary>D: positions that the read does not have.</summary>
    Deletion = 2,

    /// <summary>N: positions that are skipped, introns.</summary>
    Skip = 3,

    /// <summary>S: bases that are there but not aligned.</summary>
    SoftClip = 4,

    /// <summary>H: bases that are not there.</summary>
    HardClip = 5,

    /// <summary>P: padding.</summary>
    Padding = 6,

    /// <summary>=: aligned and equal.</summary>
    SequenceMatch = 7,

    /// <summary>X: aligned and not equal.</summary>
    Mismatch = 8,
}

/// <summary>A CIGAR operation.</summary>
/// <param name="Kind">What; numbers from 9 to 15 stand for nothing that the specification knows.</param>
/// <param name="Length">How many bases or positions.</param>
public readonly record struct BamCigarOperation(BamCigarKind Kind, int Length)
{
    private const string Letters = "MIDNSHP=X???????";

    // One bit for each kind: M, D, N, = and X.
    private const int Referential = 0b1_1000_1101;

    // M, I, S, = and X.
    private const int Sequential = 0b1_1001_0011;

    /// <summary>The letter in SAM; '?' for unknown kinds.</summary>
    public char Letter => Letters[(int)Kind & 15];

    /// <summary>Whether it goes along positions of the reference.</summary>
    public bool ConsumesReference => ((Referential >> (int)Kind) & 1) != 0;

    /// <summary>Whether it goes along bases of the read.</summary>
    public bool ConsumesSequence => ((Sequential >> (int)Kind) & 1) != 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Length}{Letter}");
}

/// <summary>The CIGAR of a record: how its bases lie along the reference. Valid as long as the record that it is of.</summary>
public readonly ref struct BamCigar
{
    private readonly ReadOnlySpan<byte> _bytes;

    internal BamCigar(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Number of operations.</summary>
    public int Count => _bytes.Length / 4;

    /// <summary>An operation, from 0.</summary>
    public BamCigarOperation this[int index]
    {
        get
        {
            var packed = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(4 * index)..]);
            return new BamCigarOperation((BamCigarKind)(packed & 15), (int)(packed >> 4));
        }
    }

    /// <summary>Positions of the reference that it goes along.</summary>
    public long ReferenceLength
    {
        get
        {
            long length = 0;
            foreach (var operation in this)
                length += operation.ConsumesReference ? operation.Length : 0;
            return length;
        }
    }

    /// <summary>Bases of the read that it goes along.</summary>
    public long SequenceLength
    {
        get
        {
            long length = 0;
            foreach (var operation in this)
                length += operation.ConsumesSequence ? operation.Length : 0;
            return length;
        }
    }

    /// <summary>Goes through the operations.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>As SAM writes it, e.g. <c>8M2I4M</c>; <c>*</c> without operations.</summary>
    public override string ToString()
    {
        if (Count == 0)
            return "*";
        var text = new StringBuilder();
        foreach (var operation in this)
            text.Append(CultureInfo.InvariantCulture, $"{operation.Length}{operation.Letter}");
        return text.ToString();
    }

    /// <summary>Goes through the operations of a CIGAR.</summary>
    public ref struct Enumerator
    {
        private readonly BamCigar _cigar;
        private int _index;

        internal Enumerator(BamCigar cigar)
        {
            _cigar = cigar;
            _index = -1;
        }

        /// <summary>The present operation.</summary>
        public readonly BamCigarOperation Current => _cigar[_index];

        /// <summary>Goes on to the next.</summary>
        public bool MoveNext() => ++_index < _cigar.Count;
    }
}
