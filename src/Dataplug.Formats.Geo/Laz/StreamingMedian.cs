namespace Dataplug.Formats.Geo.Laz;

/// <summary>About the median of the last values: five of them in order, of which each newcomer drives out the largest and the smallest in
/// turn (LAZ specification, "Streaming median").</summary>
internal unsafe struct StreamingMedian
{
    private fixed int _values[5];

    // Zero for a fresh one, so that memory of zeros is a median of nothing.
    private bool _dropsSmallest;

    public readonly int Value => _values[2];

    public void Add(int value)
    {
        if (!_dropsSmallest)
        {
            if (value < _values[2])
            {
                _values[4] = _values[3];
                _values[3] = _values[2];
                if (value < _values[1])
                {
                    _values[2] = _values[1];
                    if (value < _values[0])
                    {
                        _values[1] = _values[0];
                        _values[0] = value;
                    }
                    else
                    {
                        _values[1] = value;
                    }
                }
                else
                {
                    _values[2] = value;
                }
            }
            else
            {
                if (value < _values[3])
                {
                    _values[4] = _values[3];
                    _values[3] = value;
                }
                else
                {
                    _values[4] = value;
                }
                _dropsSmallest = true;
            }
        }
        else
        {
            if (value > _values[2])
            {
                _values[0] = _values[1];
                _values[1] = _values[2];
                if (value > _values[3])
                {
                    _values[2] = _values[3];
                    if (value > _values[4])
                    {
                        _values[3] = _values[4];
                        _values[4] = value;
                    }
                    else
                    {
                        _values[3] = value;
                    }
                }
                else
                {
                    _values[2] = value;
                }
            }
            else
            {
                if (value > _values[1])
                {
                    _values[0] = _values[1];
                    _values[1] = value;
                }
                else
                {
                    _values[0] = value;
                }
                _dropsSmallest = false;
            }
        }
    }
}
